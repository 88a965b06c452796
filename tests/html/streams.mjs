// The streams of a bundle's custodians, one a line: node streams.mjs BUNDLE.

import { webcrypto } from "node:crypto";

import { verify } from "../../src/reports/html/record/verify.mjs";
import { recordOf } from "./bundle_folder.mjs";

const { state } = await verify(recordOf(process.argv[2]), { subtle: webcrypto.subtle });
for (const stream of state.streams.heads.keys()) if (stream.startsWith("custodian/")) console.log(stream);
