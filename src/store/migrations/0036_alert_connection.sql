-- What is about a connection, a quota or an authorisation, concerns every sync that uses it.
alter table alerts add column connection text;
