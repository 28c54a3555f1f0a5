import { defineApp, map, register, set, textArgument } from "reconverge/app";

/** Parcels, and which nodes know that one was sent. */
export const parcels = defineApp({
  name: "parcels",
  state: {
    sent: map(register<string>()),
    knownBy: map(set<string>()),
  },
  methods: {
    /** `{parcel, to}` → null. */
    send({ sent }, args, call) {
      const parcel = textArgument(args, "parcel");
      sent.set(parcel, textArgument(args, "to"));
      call.emit("sent", parcel, "acknowledge");
    },
    /** `{parcel, ledger}` → null. Has it counted in another context, whose application is `counter`. */
    bill({ sent }, args, call) {
      const parcel = textArgument(args, "parcel");
      call.callContext(textArgument(args, "ledger"), "increment", { key: sent.get(parcel) ?? "unknown" });
    },
  },
  views: {
    /** `{key}` → how many nodes besides the sender know of a parcel. */
    get: ({ knownBy }, args) => knownBy.at(textArgument(args, "key")).size,
  },
  handlers: {
    acknowledge({ knownBy }, parcel, call) {
      if (typeof parcel === "string") knownBy.at(parcel).add(call.author);
    },
  },
});
