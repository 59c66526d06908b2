/** What the editor begins with where nothing is set up: small, complete, and with a comment wherever something is to be changed. */
export const STARTER = `version: 1

connections:
  crm:                                # any name; what it is called everywhere else
    system: postgres                  # or mysql, files, salesforce, tryton
    url: \${secret:CRM_URL}            # secrets are named here, and given under Connections
  billing:
    system: postgres
    url: \${secret:BILLING_URL}

syncs:
  customers:
    entity: Customer                  # what one of these things is called
    fields:                           # what it consists of
      email: {type: email, required: true}
      name: {type: text}
      phone: {type: text, owner: crm} # only the CRM may change it
    match: email                      # records with the same e-mail are the same customer
    defaults:
      policy: [latest, hold]          # the certainly later edit stands; else a person decides
    sides:
      crm:
        connection: crm
        collection: public.contact    # a table
        fields: {email: email, name: full_name, phone: phone}
      billing:
        connection: billing
        collection: public.customer
        fields: {email: mail, name: company_name, phone: phone}
`;
