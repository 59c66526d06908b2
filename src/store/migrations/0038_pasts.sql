-- What a deleted record was, and of which thing, that lives on and is to be made again there: should the record be brought back before
-- or after that, it is known whose it is.
alter table links add column past json;
