-- When somebody last said that the side was emptied on purpose; kept with its sweep, which would conclude nothing otherwise.
alter table streams add column emptied_at timestamptz;
