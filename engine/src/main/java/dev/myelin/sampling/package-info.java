/** From logits to the next token: a chain of small stages over one reused set of candidates. */
package dev.myelin.sampling;
