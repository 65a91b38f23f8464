/**
 * A generator of simple English stories from a grammar: the training data of the bundled
 * checkpoint, and labelled sentences for a simple classifier.
 */
package dev.myelin.stories;
