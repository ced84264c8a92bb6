/* Why a message was not acted on. Validation functions return one of these; replicas count them. */
#ifndef PBFT_CORE_REJECT_H
#define PBFT_CORE_REJECT_H

enum reject {
    REJECT_NONE,          /* accepted */
    REJECT_FORGED_SENDER, /* R7: claims another origin than the ring that it came out of */
    REJECT_NOT_AUTHENTIC, /* no MAC, or no signature, of its origin's */
    REJECT_UNKNOWN_TYPE,
    REJECT_NOT_A_REPLICA,           /* a protocol message from a client */
    REJECT_MALFORMED,               /* a payload that is missing, or does not parse */
    REJECT_WRONG_DIGEST,            /* contents do not hash to the digest */
    REJECT_BAD_REQUEST,             /* a request without its client's tag (I6) */
    REJECT_OLD_REQUEST,             /* R28: executed already, or pending */
    REJECT_OLD_VIEW,                /* R13, R8 */
    REJECT_FUTURE_VIEW,             /* R8, R9: no NEW-VIEW opened it, and there is no room to keep it */
    REJECT_VIEW_CHANGING,           /* R13 */
    REJECT_NOT_THE_PRIMARY,         /* R8 */
    REJECT_OUTSIDE_WINDOW,          /* R8, I9 */
    REJECT_CONFLICTING_PRE_PREPARE, /* R8: a second one for (view, sequence), of another digest */
    REJECT_DUPLICATE_PRE_PREPARE,   /* R8: the same again */
    REJECT_PREPARE_OF_PRIMARY,      /* R2 */
    REJECT_DUPLICATE_VOTE,          /* R4 */
    REJECT_CONFLICTING_VOTE,        /* R6: kept as evidence */
    REJECT_NO_ROOM,                 /* R9: what is kept early, or beside, is bounded */
    REJECT_OBSOLETE,                /* checkpoint or fetch at or below what is stable */
    REJECT_BAD_CERTIFICATE,         /* R11, R20, R30 */
    REJECT_BAD_NEW_VIEW,            /* R14, R17 */
    REJECT_BAD_STATE,               /* R27 */
    REJECT_UNASKED,                 /* an answer to no question of ours */
    REJECT_REASONS
};

/* The name used in reports: "forged_sender", ...; "none" for 0. */
const char *reject_name(enum reject reason);

#endif
