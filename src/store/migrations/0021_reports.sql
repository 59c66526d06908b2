-- What a side's last reconciliation came to, with the differences it lists; null for sweeps and for all but the newest.
alter table runs add column report json;
