//! The ledger: bytes, hashes, signatures, proofs and durable stores; nothing of mail, cases or Graph.
