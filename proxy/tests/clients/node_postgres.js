// A program with node-postgres, for the tests: prints what it has seen, one fact a line.
// A query without values goes by the simple protocol, one with values or a name by the extended one.
"use strict";
const { Client } = require("pg");

const UPDATE = "update customer set notes = $1 where id = $2";
const MISSING = ["x", "qbk_cust1234567"];

function say(fact, ...values) {
  process.stdout.write([fact, ...values].join("|") + "\n");
}

async function refused(client, text, values) {
  try {
    await client.query(text, values);
    return ["", "nothing was refused"];
  } catch (error) {
    return [error.code, error.message];
  }
}

async function main(client) {
  const insert = "insert into customer (display_name) values ($1) returning id, sync_token";
  const { rows: [made] } = await client.query(insert, ["node-postgres"]);
  say("made", made.id, made.sync_token);
  const simple = await client.query(`update customer set notes = 'simple' where id = '${made.id}'`);
  const extended = await client.query(UPDATE, ["extended", made.id]);
  const named = { name: "note", text: UPDATE + " returning notes" };
  const notes = [];
  for (const note of ["one", "two", "three"]) {
    notes.push((await client.query({ ...named, values: [note, made.id] })).rows[0].notes);
  }
  say("updated", simple.rowCount, extended.rowCount, ...notes);

  say("outside", ...(await refused(client, UPDATE, MISSING)));
  await client.query("begin");
  say("inside", ...(await refused(client, UPDATE, MISSING)));
  say("after it", (await refused(client, "select 1"))[0]);
  await client.query("rollback");
  await client.query("begin");
  const { rows: [lost] } = await client.query(insert, ["node-postgres lost"]);
  await client.query("rollback");
  say("rolled back", lost.id);

  const gone = await client.query("delete from customer where id = $1", [made.id]);
  say("deleted", gone.rowCount);
}

const client = new Client({ connectionString: process.argv[2] });
client.connect().then(() => main(client)).finally(() => client.end());
