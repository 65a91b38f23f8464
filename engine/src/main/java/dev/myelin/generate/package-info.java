/** Sessions that keep a conversation's state, and the loop that turns logits into text. */
package dev.myelin.generate;
