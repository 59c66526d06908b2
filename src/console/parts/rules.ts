/** The rules by which a value stands, in the words of a person. */
export const RULES: Readonly<Record<string, string>> = {
  first: 'the first value there was',
  edit: 'only this side changed it',
  owner: 'this side owns the field',
  notOwner: 'the side may not change it',
  latest: 'certainly the later change',
  priority: 'this side ranks higher',
  fill: 'the other value was empty',
  set: 'merged part by part',
  hold: 'a person must decide',
  merged: 'its record was merged into another, which holds this',
  editWins: 'edited here, deleted there: the edit stands',
  deleteWins: 'edited here, deleted there: the delete stands',
  person: 'a person decided',
};

/** Why something was stopped, as the name of a group. */
export const REASONS: Readonly<Record<string, string>> = {
  conflict: 'Conflict',
  editAgainstDelete: 'Edited here, deleted there',
  deletion: 'Deletion',
  returned: 'Came back',
  merged: 'Merged at one side',
  oscillation: 'Put back and forth',
  ambiguousMatch: 'Several could be it',
  duplicateRecord: 'Duplicate',
  createOutcomeUnknown: 'Perhaps created',
  massDelete: 'Many deletes at once',
  massChange: 'Many changes at once',
};
