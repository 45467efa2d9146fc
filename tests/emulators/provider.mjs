// An identity provider for tests, by oidc-provider: one client, and whoever is named at its sign-in page is signed in.
// Its address and ours come in the environment. `unverified@...` has an address that nobody has verified.
import Provider from 'oidc-provider'

const { ISSUER, CLIENT, SECRET, BACK, HOME } = process.env
const provider = new Provider(ISSUER, {
  clients: [{
    client_id: CLIENT, client_secret: SECRET, redirect_uris: [BACK], post_logout_redirect_uris: [HOME],
    grant_types: ['authorization_code'], response_types: ['code'],
  }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  conformIdTokenClaims: process.env.SPARSE === 'yes', // then the address is told by the userinfo endpoint alone
  pkce: { required: () => true },
  cookies: { keys: ['of the tests alone'] },
  findAccount: (_, id) => ({
    accountId: id, claims: () => ({ sub: id, email: id, email_verified: !id.startsWith('unverified') }),
  }),
})
provider.listen(Number(new URL(ISSUER).port), '127.0.0.1')
