/**
 * The knowledge base port and its directory adapter: documents with revisions, and the ledger of
 * claims, fences, intents, outcomes and effects.
 *
 * <p>Must not know stages' logic; it trusts no argument of a stage and checks again at commit.
 */
package dev.lanekeeper.kb;
