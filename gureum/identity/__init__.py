"""Who exists, what they may prove themselves with, and which policies are attached to whom.

IAM, STS and Organizations are three APIs over this directory; the gateway reads it for every request.  So it lies
below both, and knows nothing of their APIs: records and keys, finding access keys, sealing session tokens, and
collecting the policies that apply to a principal (docs/decisions/0012-identity-below-the-services.md).
"""
