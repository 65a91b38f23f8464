/** Chat messages, and the chat templates that render them to prompts. */
package dev.myelin.chat;
