/** Conversations, written the way a checkpoint was trained to read them. */
package dev.myelin.chat;
