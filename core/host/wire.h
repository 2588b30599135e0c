/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wire: length-prefixed JSON between the core and a worker.
 *
 * A frame is four bytes, most significant first, the length of the JSON text
 * that follows (at most WIRE_FRAME_MAX), and that text, one object with "t".
 *
 *   core → worker
 *     time     {"t","end":MS}                  (always the first)
 *     describe {"t","plugin":PATH}
 *     beat     {"t","url","http":{..}}         (instead of start)
 *     start    {"t","kind":"source"|"sink","instance","plugin":PATH,
 *               "options":{name: as written},"option_at":{name:PLACE},
 *               "dir","at","now","cursor"|null,"level",
 *               "trace_http":bool,"http":{..settings..},
 *               "interest":[project],"everybody":[project],
 *               "skip":[item],"rules":[..],"ignore":[..],"rules_digest",
 *               "baselines":bool,"redact":[..],
 *               "kill_switch":PATH?,             (of a sink)
 *               "rehearse":KIND?,"recorded":PATH?}  (plugin test)
 *     known    {"t","validators":[[url,etag|null,modified|null,used]]}
 *                                             (any number, before collect)
 *     leads    {"t","urls":[URL]}              (likewise)
 *     collect  {"t"}
 *     observe  {"t"}
 *     reach    {"t","id","end":MS,"owner":OWNER}
 *     deliver  {"t","id","end":MS,"notification":NOTIFICATION}
 *     close    {"t"}
 *     again    {"t","rules":[..],"ignore":[..],"runs":[{"id",
 *               "failures":[..]}]}               (instead of start)
 *     baseline {"t","text"|null}              (answers one)
 *     standing {"t","rows":[[TICKET,REMOTE_ID|null,STATE]]}    (to a sink)
 *   worker → core
 *     described {"t","plugin":{..host_describe..}}
 *     ready    {"t","name","version","flags","format":{..}|null}
 *     at       {"t","callback"}                (before it is called)
 *     item     {"t","id"}
 *     batch    {"t","runs":[RUN],"facts":[FACT],"snapshots":[PART],
 *               "notices":[{"code","text"}],
 *               "validators":[{"url","etag"?,"modified"?}],
 *               "leads":[{"url","place","project"}],"taken":[{"url"}],
 *               "cursor"?}
 *     remote   {"t","remotes":[REMOTE],"notices":[{"code","text"}],"cursor"?}
 *                                              (all that a sink says itself)
 *     lengths  {"t","title_max","body_max"}    (of a sink, until observed)
 *     reached  {"t","id","ok":bool}
 *     wrote    {"t"}         (one more than its first leaves in a delivery)
 *     done     {"t","op":"start"|"open"|"collect"|"observe"|"deliver"|
 *               "close","id"?,"status":"ok"|"retry"|"reject"|"fatal",
 *               "receipt":{..}?,"text"?}
 *     log      {"t","level","text","about":"http"?}
 *     again    {"t","runs":[{"id","how":"same"|"other"|"kept",
 *               "failures":[..]}]}
 *     beaten   {"t","status"}                  (a heartbeat was taken)
 *     baseline {"t","run":RUN}     (asks for that of a red run's job)
 *     rehearsed {"t","requests"}  (how many there were; plugin test)
 *     closed   {"t"}                           (the last; then it exits 0)
 *
 * The worker reads and checks the options itself, secrets included, so that
 * no secret is ever on the wire. A "done" of start, open or close always
 * tells of a failure; "text" in one of deliver says that the contract was
 * broken beside it, and ends the instance.
 *
 *   RUN    {"id","attempt","project","project_id"?,"branch","workflow"?,
 *           "job"?,"variant"?,"commit"?,"url"?,"trigger"?,"outcome":NAME,
 *           "created","started","finished","push_complete":bool,
 *           "default_branch":1|0|-1,"item"?,
 *           "result":{..classify.h..}?}          (of runs with a log)
 *   FACT   {"subject","key","value"}
 *   PART   {"name","begin":TAKEN} | {"name","entries":[ENTRY]}
 *          | {"name","end":true,"complete":bool,"why"?}
 *   ENTRY  {"key","project","branch"?,"task","target"?,"url"?,"attempts",
 *           "first","last","category"?,"blame"?,"result":{..classify.h..}}
 *   REMOTE {"ticket","remote_id","url"?,"state","labels":[..]|null,"by"|null,
 *           "changed"}
 *   OWNER  {"name","persons":[..],"contacts":{..}}
 *   NOTIFICATION {"delivery":"open"|…,"ticket","nonce","marker","project",
 *           "title","body","fields":{..},"remote_id","labels":[..],
 *           "owner":OWNER,"pending"?,"again":bool,"confidential":bool,
 *           "called"?:[LOGIN],"more_writes":N}   (than one; -1: any number)
 *   receipt {"remote_id","url"?,"text"?,"retry_after"?,"adopted":bool,
 *           "pending"?,"refused"?,"unsure","paced"?}
 *
 * A batch's cursor is what its runs and those before justify, and no more.
 */
#ifndef TOCSIN_HOST_WIRE_H
#define TOCSIN_HOST_WIRE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "core/base/strbuf.h"

#define WIRE_FRAME_MAX ((size_t)8 << 20)

/* Appends the frame of v to out. -1: too long. */
int wire_put(struct strbuf *out, const json_t *v, struct err *err);
/* Takes one whole frame from the front of in: 1 and *v (new), 0 when more
 * bytes are needed, -1 when it is nonsense (ERR_PLUGIN). */
int wire_take(struct strbuf *in, json_t **v, struct err *err);
/* Blocking, for the worker's side. 0 at end of file. */
int wire_send(int fd, const json_t *v, struct err *err);
int wire_receive(int fd, json_t **v, struct err *err);
/* As wire_send, of text that is one JSON object already. */
int wire_send_text(int fd, const char *text, size_t n, struct err *err);

#endif
