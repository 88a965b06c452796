// The policy of section 7.2: its form, and what it says of a type. Whether an event meets it is in state.mjs and approvals.mjs.

import { Fields, ascend } from "./canonical.mjs";
import { hold } from "./broken.mjs";
import { isStream, isVersionedType } from "./entry.mjs";

const SIGNING_ROLES = new Set(["operator", "worker", "approver", "certifier", "auditor", "service"]);
export const SCOPE = /^[a-z-]{1,40}$/;
const RULE = "policy/form";

function holdFields(value, names, name) {
  const right = value instanceof Fields && value.keys.length === names.length
    && names.every((key, at) => value.keys[at] === key);
  hold(right, RULE, `${name} is not an object of exactly ${names.join(", ")}`);
  return value.values;
}

function table(value, name, isType, row) {
  hold(value instanceof Fields, RULE, `${name} is no object`);
  return new Map(value.keys.map((type, at) => {
    hold(isType(type), RULE, `${name} names ${type}`);
    return [type, row(value.values[at], type)];
  }));
}

function ascendingTexts(value, isItem, found) {
  const right = Array.isArray(value) && value.every((item) => typeof item === "string" && isItem(item)) && ascend(value);
  hold(right, RULE, found);
  return value;
}

function isPattern(text) {
  return isStream(text);
}

function readApproval(value, type) {
  const [m, scope] = holdFields(value, ["m", "scope"], `the approval of ${type}`);
  hold(Number.isInteger(m) && m >= 1 && m <= 16, RULE, `${type}: m is not 1 to 16`);
  hold(typeof scope === "string" && SCOPE.test(scope), RULE, `${type}: no scope`);
  return { m, scope };
}

export function readPolicy(value) {
  const [approvals, gates, types] = holdFields(value, ["approvals", "gates", "types"], "policy");
  const mayNeedApproval = (type) => type === "Erased" || isVersionedType(type);
  return {
    approvals: table(approvals, "approvals", mayNeedApproval, readApproval),
    gates: table(gates, "gates", isVersionedType, (row, type) =>
      ascendingTexts(row, isPattern, `${type}: gates are not ascending patterns`)),
    types: table(types, "types", isVersionedType, (row, type) => {
      const roles = ascendingTexts(row, (role) => SIGNING_ROLES.has(role), `${type}: not ascending roles`);
      hold(roles.length > 0, RULE, `${type}: no role`);
      return roles;
    }),
  };
}

export function matches(pattern, stream) {
  return pattern.endsWith("/") ? stream.startsWith(pattern) : stream === pattern;
}
