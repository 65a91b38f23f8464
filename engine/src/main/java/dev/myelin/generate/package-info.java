/** Sessions, which hold a sequence's state, and the generation loop from logits to text. */
@NullMarked
package dev.myelin.generate;

import org.jspecify.annotations.NullMarked;
