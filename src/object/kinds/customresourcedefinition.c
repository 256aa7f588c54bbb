// SPDX-License-Identifier: Apache-2.0
#include "kedge/kinds.h"

KEDGE_DEFINE_ITEM(crd_column)
KEDGE_DEFINE_ITEM(crd_selectable_field)
KEDGE_DEFINE_ITEM(crd_version)
KEDGE_DEFINE_KIND(customresourcedefinition, "apiextensions.k8s.io", "v1",
                  "customresourcedefinitions", "CustomResourceDefinition", KEDGE_CLUSTER_SCOPED)
