/* Every behaviour, one file each; behavior.c puts them in the order of `pbft list`. */
#ifndef PBFT_FAULTS_CATALOGUE_H
#define PBFT_FAULTS_CATALOGUE_H

struct behavior; /* faults/behavior.h, which stands above */

extern const struct behavior behavior_silent;
extern const struct behavior behavior_crash;
extern const struct behavior behavior_crash_recover;
extern const struct behavior behavior_amnesia;
extern const struct behavior behavior_article;
extern const struct behavior behavior_conflicting_digest;
extern const struct behavior behavior_selective;
extern const struct behavior behavior_eager;
extern const struct behavior behavior_equivocate;
extern const struct behavior behavior_split_vote;
extern const struct behavior behavior_collude;
extern const struct behavior behavior_vanish;
extern const struct behavior behavior_twin;
extern const struct behavior behavior_starve;
extern const struct behavior behavior_drip;
extern const struct behavior behavior_slow_primary;
extern const struct behavior behavior_forge_sender;
extern const struct behavior behavior_replay;
extern const struct behavior behavior_flood;
extern const struct behavior behavior_null_flood;
extern const struct behavior behavior_hollow;
extern const struct behavior behavior_view_change_spam;
extern const struct behavior behavior_fake_certificate;
extern const struct behavior behavior_hide_prepared;
extern const struct behavior behavior_bad_new_view;
extern const struct behavior behavior_bad_tag;
extern const struct behavior behavior_lying_checkpoint;
extern const struct behavior behavior_lying_reply;

#endif
