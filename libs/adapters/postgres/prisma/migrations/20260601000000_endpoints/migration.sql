-- CreateTable
CREATE TABLE "endpoint_scopes" (
    "tenant" TEXT NOT NULL,
    "gateway" TEXT NOT NULL,
    "service" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "differs" BOOLEAN NOT NULL,
    "version" BIGINT NOT NULL,
    "templates" JSONB NOT NULL,
    "snapshot" BYTEA NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "endpoint_scopes_pkey" PRIMARY KEY ("tenant","gateway","service","host")
);

-- CreateTable
CREATE TABLE "endpoint_learning" (
    "id" INTEGER NOT NULL,
    "cursor" TIMESTAMPTZ(3) NOT NULL,
    "version" BIGINT NOT NULL,

    CONSTRAINT "endpoint_learning_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "endpoint_corrections" (
    "id" UUID NOT NULL,
    "tenant" TEXT NOT NULL,
    "gateway" TEXT NOT NULL,
    "service" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "template" TEXT NOT NULL,
    "method" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "applied_at" TIMESTAMPTZ(3),
    "problem" TEXT NOT NULL DEFAULT '',

    CONSTRAINT "endpoint_corrections_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "endpoints" (
    "tenant" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "gateway" TEXT NOT NULL,
    "service_id" TEXT NOT NULL,
    "service_name" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "method" TEXT NOT NULL,
    "template" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "successes" BIGINT NOT NULL,
    "hours" INTEGER NOT NULL,
    "parameters" JSONB NOT NULL DEFAULT '{}',
    "data_classes" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "traffic" JSONB,

    CONSTRAINT "endpoints_pkey" PRIMARY KEY ("tenant","id")
);

-- CreateTable
CREATE TABLE "endpoint_changes" (
    "id" UUID NOT NULL,
    "tenant" TEXT NOT NULL,
    "endpoint_id" TEXT NOT NULL,
    "endpoint" TEXT NOT NULL,
    "service_name" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "kind" TEXT NOT NULL,
    "detail" TEXT NOT NULL,

    CONSTRAINT "endpoint_changes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "flow_keywords" (
    "tenant" TEXT NOT NULL,
    "keywords" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "flow_keywords_pkey" PRIMARY KEY ("tenant")
);

-- CreateTable
CREATE TABLE "openapi_imports" (
    "id" UUID NOT NULL,
    "tenant" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "gateway" TEXT NOT NULL,
    "service" TEXT NOT NULL,
    "imported_at" TIMESTAMPTZ(3) NOT NULL,
    "imported_by" TEXT NOT NULL,
    "endpoints" JSONB NOT NULL,

    CONSTRAINT "openapi_imports_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "endpoint_corrections_applied_at_id_idx" ON "endpoint_corrections"("applied_at", "id");

-- CreateIndex
CREATE INDEX "endpoints_tenant_template_method_id_idx" ON "endpoints"("tenant", "template", "method", "id");

-- CreateIndex
CREATE INDEX "endpoint_changes_tenant_at_id_idx" ON "endpoint_changes"("tenant", "at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "endpoint_changes_tenant_endpoint_id_at_idx" ON "endpoint_changes"("tenant", "endpoint_id", "at" DESC);

-- CreateIndex
CREATE INDEX "openapi_imports_tenant_imported_at_idx" ON "openapi_imports"("tenant", "imported_at");

