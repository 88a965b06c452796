// The record's classes, rules and reasons in words for people. Nothing is decided here; what has no words is shown as it stands.

const TYPES = {
  "Opened": "Ledger opened",
  "KeyEnrolled": "Key enrolled",
  "KeyRotated": "Key replaced by a new one",
  "KeyRevoked": "Key revoked",
  "PolicyChanged": "Policy changed",
  "StreamHanded": "Streams handed to a worker",
  "Proposed": "Approval asked for",
  "Approved": "Approved",
  "Rejected": "Rejected",
  "StreamHeads": "State of all streams recorded",
  "TimestampReceived": "Time stamp received",
  "WitnessReceived": "Witness cosignature received",
  "TailRepaired": "Torn end of the ledger repaired",
  "Heartbeat": "Heartbeat",
  "Erased": "Personal facts erased",
  "Sealed": "Ledger sealed",
  "CaseDeclared/1": "Case declared",
  "SourceRegistered/1": "Backup registered",
  "TargetConnected/1": "Clean tenant connected",
  "CustodianMapped/1": "Custodian mapped",
  "PlanMade/1": "Plan made",
  "PlanAdopted/1": "Plan put in force",
  "WaveOpened/1": "Wave opened",
  "WaveClosed/1": "Wave closed",
  "WaveEstimated/1": "Wave: estimate noted",
  "WavePaced/1": "Wave: pace of a run noted",
  "CaseFinished/1": "Case finished",
  "FolderAttempted/1": "Folder: about to be made",
  "FolderReady/1": "Folder: there",
  "ItemAttempted/1": "Item: about to be written",
  "AttemptFailed/1": "Item: a try failed",
  "AttemptInterrupted/1": "Item: a try was interrupted",
  "PartialFound/1": "Item: a part was found",
  "ItemRestored/1": "Item: restored and read back",
  "ItemHeld/1": "Item: held back",
  "ItemSkipped/1": "Item: skipped",
  "ItemFailed/1": "Item: failed",
};

/** How an item ended, in the order in which tables show it. */
export const ENDS = [
  { id: "identical", label: "Restored, identical" },
  { id: "as_declared", label: "Restored, differs as declared" },
  { id: "held", label: "Held back" },
  { id: "skipped", label: "Skipped" },
  { id: "failed", label: "Failed" },
  { id: "open", label: "No outcome recorded" },
];

export function typeWords(type) {
  if (Object.hasOwn(TYPES, type)) return TYPES[type];
  const words = type.replace(/\/\d+$/, "").replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function endWords(end) {
  return ENDS.find((one) => one.id === end)?.label ?? end;
}

export function plainWords(text) {
  return String(text).replaceAll("-", " ").replaceAll("_", " ");
}

const RULES = [
  ["signature/strict", "A signature does not belong to what stands under it: the entry was changed after it was signed, or somebody else signed it."],
  ["checkpoint/root", "The entries are not the ones that the checkpoint was signed over."],
  ["checkpoint/signature", "The checkpoint was not signed by this ledger's log key."],
  ["checkpoint/", "The signed checkpoint is damaged or has another form than it must have."],
  ["entry/prev", "An entry is not chained to the one before it: something was changed, removed or put in between."],
  ["entry/index", "Entries are missing, doubled or in another order."],
  ["entry/received", "The recorded times run backwards."],
  ["entry/", "An entry has another form than it must have."],
  ["event/origin", "An event of another ledger was put in."],
  ["event/", "An event has another form than it must have."],
  ["canonical/", "The bytes are not in the one spelling that is signed: they were written or changed by something else."],
  ["seen/", "What the signer says it had seen is not what stands here: the history before this entry was changed."],
  ["stream/seq", "An event of this series is missing, doubled or out of order."],
  ["stream/link", "An event of this series was exchanged."],
  ["stream/", "Somebody wrote in a series that is not theirs."],
  ["key/unknown", "Signed by a key that this ledger does not know."],
  ["key/inactive", "Signed by a key that had been revoked or replaced."],
  ["key/", "A key was brought in against the rules."],
  ["role/", "Signed by somebody who may not sign this."],
  ["gate/", "Decided without having seen what it depends on."],
  ["approval/", "Done without the approval that it needs."],
  ["sealed/", "The ledger was sealed before, or its final counts are wrong."],
  ["heads/", "The record of how far each series goes is not right: something may be left out."],
  ["opened/", "The ledger does not begin as it must."],
  ["origin/", "The ledger's name belongs to other root keys."],
  ["disclosure/", "A personal fact that is shown is not the one that was recorded."],
  ["trust/origin", "The trust file is about another ledger."],
  ["trust/log-key", "The key in the trust file never was this ledger's log key."],
  ["trust/quorum", "Fewer witnesses signed than the trust file asks for."],
  ["trust/", "The trust file cannot be read."],
  ["at-least/smaller", "This record is shorter than the checkpoint that you saw earlier."],
  ["at-least/root", "This record tells another story than the checkpoint that you saw earlier."],
  ["bundle/", "The file is incomplete, or its parts are not in the form or the order that they must have."],
  ["policy/", "The ledger's policy is malformed."],
  ["type/", "An event breaks the rules of its own kind."],
];

export function ruleWords(rule) {
  return RULES.find(([start]) => rule.startsWith(start))?.[1] ?? "A rule of the record is broken.";
}

const numbers = new Intl.NumberFormat("en");

export function count(value) {
  return numbers.format(value);
}

export function counted(value, one, many) {
  return `${count(value)} ${value === 1 ? one : many ?? `${one}s`}`;
}

/** `2026-11-28T18:47:12.911235Z` as people write it. */
export function moment(time) {
  return `${time.slice(0, 10)} ${time.slice(11, 19)} UTC`;
}

export function shortKey(keyid) {
  return `${keyid.slice(0, 8)}…`;
}

/** A value of the record on one line. */
export function shownValue(value) {
  if (value instanceof Map) return [...value].map(([key, inner]) => `${key}: ${shownValue(inner)}`).join(", ");
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(shownValue).join(", ");
  if (value === true) return "yes";
  if (value === false) return "no";
  return String(value);
}
