/** From logits to the next token: a chain of sampler stages over one reused set of candidates. */
@NullMarked
package dev.myelin.sampling;

import org.jspecify.annotations.NullMarked;
