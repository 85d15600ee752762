// Named here because the library is CommonJS: bundled, its own dynamic import has no names.
export { IdentityPoolClient, JWT, UserRefreshClient } from "google-auth-library";
