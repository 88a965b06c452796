// Section 7.5: which entries are SUSPECT, because a key was revoked from before they were written, or because they rest on
// such an entry. They stay in the record; the verdict names them.

/** The indexes of the SUSPECT entries, each with the reason in words. */
export function suspects(state) {
  const found = new Map();
  const marks = { found, doubted: new Set() };
  const broughtIn = broughtInBy(state.keys);
  for (const entry of state.admitted) {
    const reason = reasonFor(state, entry, marks);
    if (reason !== null) found.set(entry.index, reason);
    const key = broughtIn.get(entry.index);
    if (key !== undefined && comesInDoubt(state, entry, key, marks)) marks.doubted.add(key.keyid);
  }
  return found;
}

/** By its index, the key that an entry brought in. Those of `Opened` are never in doubt: every root signed it. */
function broughtInBy(keys) {
  const later = [...keys.known.values()].filter((key) => key.enrolledAt > 0);
  return new Map(later.map((key) => [key.enrolledAt, key]));
}

/** Whether a key is in doubt from its beginning. Its own signature does not count: only who vouched for it, and whose place it took. */
function comesInDoubt(state, entry, key, marks) {
  const roots = entry.by.filter((keyid) => keyid !== key.keyid);
  const vouched = roots.some((keyid) => signatureReason(state, keyid, entry.index, marks) !== null);
  return vouched || marks.doubted.has(key.follows) || isUnderSuspectPolicy(state, entry, marks);
}

function reasonFor(state, entry, marks) {
  for (const keyid of entry.by) {
    const reason = signatureReason(state, keyid, entry.index, marks);
    if (reason !== null) return reason;
  }
  if (isUnderSuspectPolicy(state, entry, marks)) return "admitted under a policy whose change is suspect";
  return entry.approval === null ? null : approvalReason(entry.approval, entry.index, marks.found);
}

function signatureReason(state, keyid, index, { doubted }) {
  const reaches = state.keys.revocations.some((one) => one.keyid === keyid && one.from <= index && index < one.index);
  if (reaches) return "signed by a key that was revoked from before this entry on";
  return doubted.has(keyid) ? "signed by a key whose enrolment is suspect" : null;
}

/** The last change of policy before this entry counts; `Opened` is one too, and casts no doubt on its policy. */
function isUnderSuspectPolicy(state, entry, { found }) {
  const policy = state.policies.findLast((index) => index < entry.index);
  return policy > 0 && found.has(policy);
}

function approvalReason({ proposal, m }, index, found) {
  if (found.has(proposal.index)) return "rests on a proposal that is suspect";
  const sound = proposal.approved.filter((one) => one.index < index && !found.has(one.index));
  const persons = new Set(sound.map((one) => one.person)).size;
  return persons < m ? "rests on an approval that is suspect" : null;
}
