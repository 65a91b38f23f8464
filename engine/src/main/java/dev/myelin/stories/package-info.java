/**
 * A generator of simple English stories, by a grammar of its own: the text that Myelin's bundled
 * checkpoint is trained on, and labelled sentences for a first classifier.
 */
package dev.myelin.stories;
