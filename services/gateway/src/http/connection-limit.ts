import type { Socket } from 'node:net';
import { groupOf } from '../abuse/address-group.ts';

export type ConnectionLimitOptions = {
  readonly perAddressMax: number;
  /** Connections of a proxy are many clients'. */
  readonly isProxy: (address: string) => boolean;
  readonly onRefused: (address: string) => void;
};

/** Cuts connections above what one address may hold, before a byte of them is read. */
export function limitConnections({ perAddressMax, isProxy, onRefused }: ConnectionLimitOptions): (socket: Socket) => void {
  const open = new Map<string, number>();
  return (socket) => {
    const address = socket.remoteAddress ?? '';
    if (isProxy(address)) return;
    const group = groupOf(address);
    const count = (open.get(group) ?? 0) + 1;
    open.set(group, count);
    socket.on('close', () => {
      const left = (open.get(group) ?? 1) - 1;
      if (left > 0) open.set(group, left);
      else open.delete(group);
    });
    if (count <= perAddressMax) return;
    onRefused(address);
    socket.destroy();
  };
}
