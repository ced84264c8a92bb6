/* Behaviours that come from elsewhere (pbft_behavior.h), as nodes like any other. */
#ifndef PBFT_FAULTS_PLUGIN_H
#define PBFT_FAULTS_PLUGIN_H

#include "faults/behavior.h"
#include "faults/pbft_behavior.h"

/* For behavior.create, with context->plugin set. */
struct node *plugin_create(const struct behavior_context *context);

#endif
