// SPDX-License-Identifier: Apache-2.0
// kedge/dynamic_informer.h - informers of resources that no table describes, named when the program
// runs; and of metadata only.
//
//     struct kedge_gvr sensors = {"edge.example.com", "v1", "sensors"};
//     struct kedge_informer *inf = kedge_factory_dynamic_informer(factory, &sensors, NULL);
//     ...                                                    // in a handler, or from the lister:
//     struct kedge_json_token tokens[256];
//     struct kedge_json doc;
//     int64_t seconds;
//     if (kedge_raw_parse(obj, &doc, tokens, 256) == KEDGE_OK &&
//         kedge_json_int64(kedge_json_at(kedge_json_root(&doc),
//                                        KEDGE_PATH("spec", "intervalSeconds")), &seconds))
//         every(seconds);
//
// Such an object has what every object has (kedge/object.h: name, labels, owners, ...), and its own
// JSON: all that the server sent but metadata.managedFields, as it was spelt, without white space.
// So it takes more room than one with a table: the options' text_max and the factory's object_max
// must suit it (6 and 4 KiB otherwise). What is larger becomes partial (kedge_is_partial), and has
// no JSON. Where KEDGE_OFFSET_BITS is 16, no object is larger than 64 KiB.
//
// kedge_unstructured_read of kedge/unstructured.h makes a copy that can be changed and sent.
#ifndef KEDGE_DYNAMIC_INFORMER_H
#define KEDGE_DYNAMIC_INFORMER_H

#include <kedge/factory.h>
#include <kedge/reader.h>
#include <kedge/resource.h>

#ifdef __cplusplus
extern "C" {
#endif

// The informer of that resource, of raw objects. The texts of `gvr` are copied. Equal group,
// version, resource, namespace and selectors give the same informer; it is another one than that of
// a kind with a table. Secrets (of the core group) are wiped where they leave the memory.
//
// The factory's namespace is theirs, too, as nobody knows which resources have none: for one that
// has none, options->namespace_ is "" where the factory's options name a namespace.
//
// NULL on failure, as kedge_factory_informer_with: before the start it is one of the start-up
// (kedge_error), after it only an answer, and no memory is lost. KEDGE_ERR_ARGUMENT also if a text
// of `gvr` cannot be a part of a path.
struct kedge_informer *kedge_factory_dynamic_informer(struct kedge_factory *factory,
                                                      const struct kedge_gvr *gvr,
                                                      const struct kedge_informer_options *options);

// The same for who needs only names, labels, owners and what else is in struct kedge_object: the
// server is asked for PartialObjectMetadata, so that nothing else passes over the wire. Annotations
// are not kept: a kind of one's own that is KEDGE_METADATA_ONLY may name those it wants.
struct kedge_informer *
kedge_factory_metadata_informer(struct kedge_factory *factory, const struct kedge_gvr *gvr,
                                const struct kedge_informer_options *options);

// The JSON of an object of a dynamic informer, good as long as `obj`; no NUL behind it. Empty if it
// is partial, of another informer, or NULL.
kedge_str kedge_raw_json(const struct kedge_object *obj);

// Makes it readable with what kedge/reader.h has. `tokens` are yours: one for each value and key. A
// 256-token array is 5 KiB.
//
// KEDGE_ERR_FULL      there are too few tokens
// KEDGE_ERR_NOT_FOUND the object has no JSON (see above)
// KEDGE_ERR_ARGUMENT  doc or tokens is NULL
kedge_err kedge_raw_parse(const struct kedge_object *obj, struct kedge_json *doc,
                          struct kedge_json_token *tokens, size_t count);

#ifdef __cplusplus
}
#endif
#endif
