/**
 * What an owner, an approver or an agent signs: grants, and what a reader of results needs of them.
 *
 * <p>Must not decide whether a signature counts; that needs a trust root.
 */
package dev.lanekeeper.authority;
