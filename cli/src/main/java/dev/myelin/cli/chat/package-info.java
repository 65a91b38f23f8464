/** Chats with a model, and chat templates. */
package dev.myelin.cli.chat;
