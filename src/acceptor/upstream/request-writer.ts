import type { Socket } from 'node:net';
import { WRITE_HIGH_WATER_BYTES } from './open-socket.ts';

/**
 * Writes requests to a socket in as few system calls as their pieces allow: text (a head, the framing of a chunk) is held
 * back for the bytes that belong to it, and both leave in one call.
 *
 * Back-pressure: `writeBytes` returns false while WRITE_HIGH_WATER_BYTES or more wait in the socket; `onDrain` then says
 * when they are gone. A socket that takes all at once never asks for a pause.
 */
export class RequestWriter {
  readonly #socket: Socket;
  #heldText = '';
  #bodyEnded = true;
  #reachedPeer = false;
  #awaitsDrain = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** False while not one byte of the request can have left. */
  get reachedPeer(): boolean {
    return this.#reachedPeer;
  }

  /** Whether all of the request was handed to the kernel. */
  get isFlushed(): boolean {
    return this.#bodyEnded && this.isDrained;
  }

  /** Whether all bytes written so far were handed to the kernel, and are read from their buffers no more. */
  get isDrained(): boolean {
    return this.#socket.writableLength === 0 && this.#socket.errored === null && !this.#socket.destroyed;
  }

  begin(head: string, hasBody: boolean): void {
    this.#reachedPeer = false;
    this.#awaitsDrain = false;
    this.#bodyEnded = !hasBody;
    if (hasBody) this.hold(head);
    else this.#write(head);
  }

  /** Holds latin1 text back until bytes follow, the body ends or the loop has turned, whichever is first. */
  hold(text: string): void {
    if (this.#heldText === '') setImmediate(RequestWriter.#flushLate, this);
    this.#heldText += text;
  }

  writeBytes(bytes: Buffer): boolean {
    if (this.#heldText === '') {
      this.#write(bytes);
    } else {
      this.#socket.cork();
      this.#flush();
      this.#write(bytes);
      this.#socket.uncork();
      this.#noteReach();
    }
    this.#awaitsDrain = this.#socket.writableLength >= WRITE_HIGH_WATER_BYTES || this.#socket.errored !== null;
    return !this.#awaitsDrain;
  }

  endBody(): void {
    this.#flush();
    this.#bodyEnded = true;
  }

  /** The socket's buffer is empty. @returns whether somebody waits for that */
  onDrain(): boolean {
    const awaited = this.#awaitsDrain;
    this.#awaitsDrain = false;
    return awaited;
  }

  /** Forgets what is held back; for a socket that is gone. */
  abandon(): void {
    this.#heldText = '';
  }

  static #flushLate(writer: RequestWriter): void {
    writer.#flush();
  }

  #flush(): void {
    const text = this.#heldText;
    if (text === '') return;
    this.#heldText = '';
    this.#write(text);
  }

  #write(data: string | Buffer): void {
    if (typeof data === 'string') this.#socket.write(data, 'latin1');
    else this.#socket.write(data);
    if (!this.#reachedPeer) this.#noteReach();
  }

  /** A write that fails at once leaves `errored` set and has sent nothing: the kernel takes bytes or returns an error. */
  #noteReach(): void {
    this.#reachedPeer ||= this.#socket.errored === null && this.#socket.writableCorked === 0;
  }
}
