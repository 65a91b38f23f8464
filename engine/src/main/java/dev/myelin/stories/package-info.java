/**
 * A generator of simple English stories from a grammar: the training data of the bundled
 * checkpoint, and labelled sentences for a simple classifier.
 */
@NullMarked
package dev.myelin.stories;

import org.jspecify.annotations.NullMarked;
