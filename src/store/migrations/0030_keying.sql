-- The rules by which match keys and names were computed; null where that was not noted, or never done. `rekeying` are those by
-- which they are being computed anew, `rekeyed_to` the identity up to which that is done: null while what was there before is
-- being taken away, empty before the first.
alter table syncs
  add column keyed text,
  add column rekeying text,
  add column rekeyed_to text;
