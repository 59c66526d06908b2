/** Run before every test file: properties are tried on the same cases in every run, so that a failure comes back when it is looked into. */
import fc from 'fast-check';

fc.configureGlobal({ seed: 20_261_122 });
