/** How well a model predicts a text, how far a quantised one is from its original, and scores. */
package dev.myelin.evaluate;
