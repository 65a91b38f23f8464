/** Threads for work in independent parts. */
package dev.myelin.concurrent;
