/** Threads for work in independent parts, and what keeps them apart. */
package dev.myelin.concurrent;
