-- What a reconciliation counted at its side, by class and explanation; null for a sweep.
alter table runs add column found json;
