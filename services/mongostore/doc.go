// Package mongostore keeps the store's contract in MongoDB, for hosts that have
// outgrown one machine: a replica set, sharded by practice_id when it must.
//
// One aggregate is one document, and its version stands in the filter of every
// update, so nothing needs a transaction, a change stream or a server-side join.
// Events lie in their aggregate's outbox array. Where two documents must agree
// they are written in a fixed order and the second step can be done again.
//
// What the package sends is kept to a short list, so that any server that speaks
// the protocol gives the same answers; a test watches every command:
//
//   - filters: equality, $in, $nin, $ne, $gte and $lt, $or and $and, $exists;
//     a list goes on at "$gte the key and a zero byte", which is the next key;
//   - updates: $set, $unset, $inc, $max; never a position in an array, never a pipeline;
//   - one $group with one $sum to count, no other aggregation;
//   - plain ascending indexes, unique only on strings that are always there and
//     begin, where the collection can be sharded, with the practice's id.
//
// Writes wait for the majority's journal, reads see what the majority has. A
// server that is no replica set takes such settings without a word and forgets,
// so Open refuses it.
package mongostore
