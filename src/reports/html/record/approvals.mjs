// Proposals, who approved or rejected them, and what consumed them (section 7.4). Who may sign for it is in ledger_types.mjs.

import { isHex } from "./bytes.mjs";
import { hold } from "./broken.mjs";

export class Approvals {
  constructor() {
    this.proposals = new Map();
  }

  propose(leaf, proposal) {
    this.proposals.set(leaf, { ...proposal, approved: [], rejected: false, consumed: false });
  }

  find(leaf) {
    const proposal = isHex(leaf, 64) ? this.proposals.get(leaf) : undefined;
    hold(proposal !== undefined, "approval/missing", "it names no proposal that lies before it");
    return proposal;
  }

  /** An event of a type that needs m approvals of that scope. */
  holdApproved(entry, { m, scope }) {
    const { data } = entry.event;
    const proposal = this.find(data.get("proposal"));
    hold(proposal.scope === scope, "approval/scope", `approved as ${proposal.scope}, not as ${scope}`);
    const same = data.get("digest") === proposal.digest;
    hold(same, "approval/digest", "what is done is not what was approved");
    hold(entry.received < proposal.expires, "approval/expired", `the proposal expired at ${proposal.expires}`);
    hold(!proposal.consumed, "approval/consumed", "the proposal was used up before");
    hold(!proposal.rejected, "approval/rejected", "the proposal was rejected");
    const persons = new Set(proposal.approved.map((approval) => approval.person)).size;
    hold(persons >= m, "approval/count", `${persons} persons approved where ${m} are needed`);
    return proposal;
  }

  /** An approval or a rejection. */
  holdVoice({ event }, person) {
    const leaf = event.data.get("proposal");
    const proposal = this.find(leaf);
    const stream = `approval/${leaf}/${event.by[0]}`;
    hold(event.stream === stream, "event/stream", "not in the stream of that proposal and signer");
    hold(event.seq === 0, "approval/twice", "the same key speaks a second time");
    hold(person !== proposal.person, "approval/requester", "who asked does not approve");
    return proposal;
  }
}
