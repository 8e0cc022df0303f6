// What openid-client 6 (a certified relying party) makes of Accord. Reads what to use from standard input and
// writes what it found to standard output, for test_openid_client.py to judge.
import http from 'node:http'
import * as client from 'openid-client'

const given = JSON.parse(await text(process.stdin))
const issuer = new URL(given.issuer)
const found = {}

async function text(stream) {
  let all = ''
  for await (const part of stream) all += part
  return all
}

// The person: a browser that is signed in, reads the page and allows it.
function browse(method, address, body) {
  return new Promise((resolve, reject) => {
    const headers = { cookie: `accord_session=${given.session}`, 'sec-fetch-site': 'same-origin' }
    if (body) headers['content-type'] = 'application/x-www-form-urlencoded'
    const asked = http.request(address, { method, headers }, async (answer) =>
      resolve({ status: answer.statusCode, headers: answer.headers, text: await text(answer) }))
    asked.on('error', reject)
    asked.end(body)
  })
}

async function allow(address) {
  const page = await browse('GET', address)
  if (page.status !== 200) throw new Error(`${page.status} ${page.headers.location ?? page.text}`)
  const sent = new URLSearchParams({ query: address.search.slice(1), decision: 'allow' })
  const answer = await browse('POST', new URL('/oauth/consent', issuer), sent.toString())
  return new URL(answer.headers.location)
}

async function failure(promise) {
  try {
    await promise
    return 'no error'
  } catch (error) {
    return error.error ?? error.code ?? String(error)
  }
}

function discover(id, authentication) {
  return client.discovery(issuer, id, {}, authentication, { execute: [client.allowInsecureRequests] })
}

async function keyPair(jwk) {
  const kind = { name: 'ECDSA', namedCurve: 'P-256' }
  const { d, ...open } = jwk
  return {
    privateKey: await crypto.subtle.importKey('jwk', jwk, kind, false, ['sign']),
    publicKey: await crypto.subtle.importKey('jwk', open, kind, true, ['verify']),
  }
}

async function codeFlow(config, { pushed = false, dpop } = {}) {
  const verifier = client.randomPKCECodeVerifier()
  const expectedState = client.randomState()
  const expectedNonce = client.randomNonce()
  const parameters = {
    redirect_uri: given.back,
    scope: 'openid email leads:read',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
  }
  const address = pushed
    ? await client.buildAuthorizationUrlWithPAR(config, parameters, { DPoP: dpop })
    : client.buildAuthorizationUrl(config, parameters)
  const back = await allow(address)
  const checks = { pkceCodeVerifier: verifier, expectedState, expectedNonce, idTokenExpected: true }
  const tokens = await client.authorizationCodeGrant(config, back, checks, undefined, { DPoP: dpop })
  return { tokens, back, checks, address }
}

const api = new URL('/api/v1/leads', issuer)

{
  const config = await discover(given.native, client.None())
  const { tokens, back, checks } = await codeFlow(config)
  const claims = tokens.claims()
  const person = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
  const wrongIssuer = new URL(back)
  wrongIssuer.searchParams.set('iss', 'https://other.example.org')
  found.code = {
    iss: back.searchParams.get('iss'),
    email: person.email,
    sub: claims.sub === person.sub,
    type: tokens.token_type,
    api: (await client.fetchProtectedResource(config, tokens.access_token, api, 'GET')).status,
    foreignIssuer: await failure(client.authorizationCodeGrant(config, wrongIssuer, checks)),
  }
  const next = await client.refreshTokenGrant(config, tokens.refresh_token)
  const third = await client.refreshTokenGrant(config, next.refresh_token)
  found.refresh = {
    renewed: next.refresh_token !== tokens.refresh_token,
    reuse: await failure(client.refreshTokenGrant(config, tokens.refresh_token)),
    family: await failure(client.refreshTokenGrant(config, third.refresh_token)),
  }
  const more = (await codeFlow(config)).tokens
  await client.tokenRevocation(config, more.refresh_token)
  found.revocation = await failure(client.refreshTokenGrant(config, more.refresh_token))
}

{
  const pair = await keyPair(given.webKey)
  const config = await discover(given.web, client.PrivateKeyJwt({ key: pair.privateKey, kid: given.webKey.kid }))
  const dpop = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
  const plain = client.buildAuthorizationUrl(config, {
    redirect_uri: given.back,
    code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()),
    code_challenge_method: 'S256',
  })
  const refused = await browse('GET', plain)
  const { tokens, address } = await codeFlow(config, { pushed: true, dpop })
  const again = await browse('GET', address)
  const told = await client.tokenIntrospection(config, tokens.access_token)
  const used = await client.fetchProtectedResource(
    config, tokens.access_token, api, 'GET', undefined, undefined, { DPoP: dpop })
  const bearer = await fetch(api, { headers: { authorization: `Bearer ${tokens.access_token}` } })
  const next = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP: dpop })
  await client.tokenRevocation(config, next.access_token)
  const ended = await client.tokenIntrospection(config, next.access_token)
  found.pushed = {
    withoutPar: new URL(refused.headers.location).searchParams.get('error'),
    pushed: address.searchParams.get('request_uri').startsWith('urn:'),
    again: again.status,
    type: tokens.token_type,
    active: told.active,
    bound: typeof told.cnf?.jkt === 'string',
    api: used.status,
    bearer: bearer.status,
    ended: ended.active,
  }
}

{
  const pair = await keyPair(given.serviceKey)
  const config = await discover(
    given.service, client.PrivateKeyJwt({ key: pair.privateKey, kid: given.serviceKey.kid }))
  const dpop = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
  const asked = { scope: 'leads:read' }
  found.service = {
    withoutProof: await failure(client.clientCredentialsGrant(config, asked)),
    unknownScope: await failure(client.clientCredentialsGrant(config, { scope: 'all' }, { DPoP: dpop })),
  }
  const tokens = await client.clientCredentialsGrant(config, asked, { DPoP: dpop })
  const used = await client.fetchProtectedResource(
    config, tokens.access_token, api, 'GET', undefined, undefined, { DPoP: dpop })
  Object.assign(found.service, { type: tokens.token_type, scope: tokens.scope, api: used.status })
}

process.stdout.write(JSON.stringify(found))
