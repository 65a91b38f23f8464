/** Sessions, which hold a sequence's state, and the generation loop from logits to text. */
package dev.myelin.generate;
