/** From logits to the next token: a chain of sampler stages over one reused set of candidates. */
package dev.myelin.sampling;
