import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { processTree } from './process-tree.ts';

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Both output streams are appended to it. */
  readonly logFile: string;
  /** As root: the user that the engine runs as. */
  readonly ids?: { readonly uid: number; readonly gid: number };
  /** Removed when our process dies without having ended the child in order. */
  readonly temporary?: string;
}

/**
 * The guard is a shell of the child's process group that reads from a pipe which only we hold. When we die, whichever way, the pipe ends,
 * and the guard ends the group: there is no moment at which the child runs unguarded, since the guard is forked before the engine takes
 * the shell's place. A word on the pipe means that the child has ended in order. SIGCONT first: an engine that is paused would leave
 * its children (PostgreSQL's are in groups of their own) stopped for ever.
 */
const GUARD = `
main=$$
guard() {
  word=
  read -r word <&3
  if [ -z "$word" ]; then
    kill -s CONT $(cat /proc/$main/task/*/children 2>/dev/null) 2>/dev/null
    kill -s KILL $main 2>/dev/null
    if [ -n "$OUTRIDER_TEMPORARY" ]; then
      sleep 0.2
      rm -rf -- "$OUTRIDER_TEMPORARY" 2>/dev/null || { sleep 0.5; rm -rf -- "$OUTRIDER_TEMPORARY"; }
    fi
  fi
  kill -s KILL -- -$main
}
guard </dev/null >/dev/null 2>&1 &
echo $! >&3
unset OUTRIDER_TEMPORARY
exec "$@" 3<&-
`;

/** Of looking for children that were born while their parents were being told. */
const ROUNDS = 10;

/** A child in a process group of its own that does not outlive us. It does not keep our event loop alive. */
export class GuardedChild {
  readonly #child: ChildProcess;
  readonly #pipe: Socket;
  readonly exited: Promise<void>;
  /** Why it ended; undefined while it runs. */
  end: string | undefined;
  #guard: number | undefined;

  constructor(options: ChildOptions) {
    const log = openSync(options.logFile, 'a', 0o600);
    try {
      this.#child = spawn('/bin/sh', ['-c', GUARD, 'outrider-service', options.command, ...options.args], {
        cwd: options.cwd,
        env: { ...options.env, ...(options.temporary ? { OUTRIDER_TEMPORARY: options.temporary } : {}) },
        stdio: ['ignore', log, log, 'pipe'],
        detached: true, // its own group: Ctrl-C in a terminal is for us, and we end the engines in order
        ...options.ids,
      });
    } finally {
      closeSync(log);
    }
    this.#pipe = guardPipe(this.#child, (pid) => (this.#guard = pid));
    this.exited = new Promise((resolve) => {
      const over = (why: string): void => {
        this.end ??= why;
        this.#pipe.end('over\n');
        resolve();
      };
      this.#child.once('exit', (code, signal) => over(signal ?? `exit code ${code ?? '?'}`));
      this.#child.once('error', (error) => over(error.message));
    });
    this.#child.unref();
  }

  get pid(): number | undefined {
    return this.end === undefined ? this.#child.pid : undefined;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.pid !== undefined) send(this.pid, signal);
  }

  /** To the engine and every process below it but the guard; looks again until it finds no child that was born meanwhile. */
  signalTree(signal: NodeJS.Signals): void {
    if (this.pid === undefined) return;
    const told = new Set([this.#guard]);
    for (let round = 0; round < ROUNDS && this.pid !== undefined; round++) {
      const fresh = processTree(this.pid).filter((pid) => !told.has(pid));
      if (fresh.length === 0) return;
      for (const pid of fresh) {
        told.add(pid);
        send(pid, signal);
      }
    }
  }
}

const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended meanwhile
  }
};

/**
 * Descriptor 3, which we asked to be a pipe: Node makes it a socket, good for both ways, and the shell writes the guard's number to it.
 * It does not hold our event loop.
 */
const guardPipe = (child: ChildProcess, found: (pid: number) => void): Socket => {
  const pipe = child.stdio[3];
  if (!(pipe instanceof Socket)) throw new Error('no pipe to the guard');
  pipe.on('error', () => undefined); // the guard is gone: nothing is left to guard
  pipe.on('data', (text) => found(Number(String(text).trim())));
  pipe.unref();
  return pipe;
};
