/**
 * S5 and what S6 shares with it: claim, fence, publication through the port, read back.
 *
 * <p>Must not publish anything that the commit checks would not admit from elsewhere.
 */
package dev.lanekeeper.s5publish;
