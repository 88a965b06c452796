// Section 7.5: which entries are SUSPECT, because a key was revoked from before they were written, or because they rest on
// such an entry. They stay in the record; the verdict names them.

/** The indexes of the SUSPECT entries, each with the reason in words. */
export function suspects(state) {
  const found = new Map();
  for (const entry of state.admitted) {
    const reason = reasonFor(state, entry, found);
    if (reason !== null) found.set(entry.index, reason);
  }
  return found;
}

function reasonFor(state, entry, found) {
  for (const keyid of entry.by) {
    const reaches = state.keys.revocations.some(
      (one) => one.keyid === keyid && one.from <= entry.index && entry.index < one.index,
    );
    if (reaches) return "signed by a key that was revoked from before this entry on";
    const { enrolledAt } = state.keys.get(keyid);
    if (enrolledAt < entry.index && found.has(enrolledAt)) return "signed by a key whose enrolment is suspect";
  }
  // The last change of policy before this entry; `Opened` is one too and cannot be suspect by itself.
  const policy = state.policies.findLast((index) => index < entry.index);
  if (policy > 0 && found.has(policy)) return "admitted under a policy whose change is suspect";
  return entry.approval === null ? null : approvalReason(entry.approval, entry.index, found);
}

function approvalReason({ proposal, m }, index, found) {
  if (found.has(proposal.index)) return "rests on a proposal that is suspect";
  const sound = proposal.approved.filter((one) => one.index < index && !found.has(one.index));
  const persons = new Set(sound.map((one) => one.person)).size;
  return persons < m ? "rests on an approval that is suspect" : null;
}
