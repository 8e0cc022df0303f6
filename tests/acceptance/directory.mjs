// A member's directory: oidc-provider, a certified OpenID provider, over TLS on loopback.
// Reads what it is told as one line of JSON; says "ready" when it listens; ends with its standard input.
import { createServer } from 'node:https';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

const lines = createInterface({ input: process.stdin });
const told = JSON.parse((await lines[Symbol.asyncIterator]().next()).value);

const provider = new Provider(told.issuer, {
  clients: told.clients,
  jwks: told.jwks,
  cookies: { keys: ['a key of the tests'] },
  scopes: ['openid', 'email', 'profile', 'groups'],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
  // As the standard has it: what an access token can get from userinfo is not in the id_token.
  conformIdTokenClaims: true,
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    backchannelLogout: { enabled: true },
  },
  // It protects itself as Accord does; here both are on loopback.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, { ...options, signal: undefined }),
  // With the dev pages the login is the subject.
  findAccount: async (ctx, id) =>
    told.accounts[id] && { accountId: id, claims: async () => ({ sub: id, ...told.accounts[id] }) },
});
provider.proxy = false;
provider.on('server_error', (ctx, error) => console.error(error));
provider.on('backchannel.error', (ctx, error) => console.error(error));

createServer({ key: told.key, cert: told.cert }, provider.callback()).listen(told.port, '127.0.0.1', () =>
  console.log('ready'),
);
lines.on('close', () => process.exit(0));
