import { HostedClient } from 'demo-sdk';
const shown = "é😀"; export const client = new HostedClient({ region: 'north' });
