/* SPDX-License-Identifier: Apache-2.0 */
/* The names that Kubernetes allows (k8s.io/apimachinery/pkg/util/validation). */
#ifndef MINTMARK_DNS_H
#define MINTMARK_DNS_H

#include <mintmark/err.h>

/* Whether `name` is a DNS-1123 label, as namespaces are, or a subdomain, as most other names are. MM_EREFUSED. */
MM_MUSTCHECK enum mm_code mm_dns_label_check(const char *what, const char *name, struct mm_err *err);
MM_MUSTCHECK enum mm_code mm_dns_subdomain_check(const char *what, const char *name, struct mm_err *err);

#endif
